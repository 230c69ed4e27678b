from . import app, export, packing, photographs, project, tuning

__all__ = ["app", "export", "packing", "photographs", "project", "tuning"]
