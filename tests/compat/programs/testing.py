import responder

api = responder.API()

@api.route("/{greeting}")
def greet(req, resp, *, greeting):
    resp.text = f"{greeting}, world!"

def test_greeting():
    r = api.requests.get(api.url_for(greet, greeting="hello"))
    assert r.text == "hello, world!"

def test_session():
    session = api.session()
    assert session.get("http://;/hey").text == "hey, world!"
    assert session is api.session()

def test_with_a_client():
    with api.test_client() as client:
        assert client.get("/good day").text == "good day, world!"

async def test_async():
    async with api.async_requests as client:
        assert (await client.get("/hi")).text == "hi, world!"
