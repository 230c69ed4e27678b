from . import knn, linear_probe, majority, nearest, tasks

__all__ = ["knn", "linear_probe", "majority", "nearest", "tasks"]
