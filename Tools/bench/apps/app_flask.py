"""Flask: requests through the whole application: routing, JSON, a template, sessions, an error page."""

from __future__ import annotations

import flask

APPLICATION = flask.Flask("app_flask_program", root_path="/")
APPLICATION.secret_key = "not secret"
PAGE = "<ul>{% for item in items %}<li>{{ item.name }}: {{ item.price|round(1) }}</li>{% endfor %}</ul>"


@APPLICATION.get("/items/<int:count>")
def items(count: int) -> object:
    rows = [{"name": f"thing <{n}>", "price": n * 1.25} for n in range(count)]
    return flask.render_template_string(PAGE, items=rows)


@APPLICATION.post("/sum")
def total() -> object:
    numbers = flask.request.get_json()["numbers"]
    return flask.jsonify(sum=sum(numbers), count=len(numbers), path=flask.url_for("items", count=3))


@APPLICATION.get("/count")
def count() -> object:
    flask.session["n"] = flask.session.get("n", 0) + 1
    return str(flask.session["n"])


@APPLICATION.errorhandler(404)
def missing(error: Exception) -> object:
    return f"no {flask.request.path}", 404


def run() -> object:
    out = []
    with APPLICATION.test_client() as client:
        for n in range(12):
            out.append(client.get(f"/items/{n % 5 + 1}?page={n}").text)
            out.append(client.post("/sum", json={"numbers": list(range(n))}).text)
            out.append(client.get("/count").text)
            response = client.get(f"/none/{n}")
            out.append(f"{response.status_code} {response.text}")
    return out
