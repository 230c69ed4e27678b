from . import app, photographs, project, tuning

__all__ = ["app", "photographs", "project", "tuning"]
