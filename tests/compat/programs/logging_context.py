import responder
from responder.ext.logging import RequestContext, get_logger

api = responder.API(enable_logging=True)
logger = get_logger("shop")

@api.route("/")
def home(req, resp):
    logger.info("serving %s", RequestContext.get_path())
    api.log.info("done")
    resp.media = {"id": RequestContext.get_request_id(), "method": RequestContext.get_method()}
