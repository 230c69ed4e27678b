from . import app, export, photographs, project, tuning

__all__ = ["app", "export", "photographs", "project", "tuning"]
