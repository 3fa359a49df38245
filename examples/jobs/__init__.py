"""A tea shop whose orders are shipped by jobs that outlive every process."""
