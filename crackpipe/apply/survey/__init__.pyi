from .inspecting import Outcome, inspect
from .settings import SurveySettings

__all__ = ["Outcome", "SurveySettings", "inspect"]
