"""The web: pages and API, both views of a ResultPage."""
