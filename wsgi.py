"""For servers that look here: ``gunicorn -c python:searchapp.web.gunicorn_conf wsgi:app``."""

from searchapp.web.wsgi import app as app
