"""Names of the labels that need no learning, for those who read their scores and make none."""

NAMES = ("darkness", "multi_otsu", "niblack", "otsu", "patch_otsu", "sauvola")
