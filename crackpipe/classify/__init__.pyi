from . import calibrator, classifier, losses, recipe, scoring, training
from .classifier import Classifier

__all__ = ["Classifier", "calibrator", "classifier", "losses", "recipe", "scoring", "training"]
