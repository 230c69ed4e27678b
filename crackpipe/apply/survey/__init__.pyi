from .inspecting import Outcome, SurveySettings, inspect

__all__ = ["Outcome", "SurveySettings", "inspect"]
