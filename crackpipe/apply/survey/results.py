"""Names of a survey's files: those of the whole survey, and what follows a photograph's name."""

PHOTOS, CRACKS, CRACKS_PARQUET, CRACKS_GEOJSON = "photos.csv", "cracks.csv", "cracks.parquet", "cracks.geojson"
RUN, PAGE = "run.json", "report.html"
WHOLE = (PHOTOS, CRACKS, CRACKS_PARQUET, CRACKS_GEOJSON, RUN, PAGE)
MASK, PICTURE = ".mask.png", ".cracks.jpg"
MAP_MASK, MAP_LAYER = ".mask.tif", ".cracks.gpkg"  # of an orthomosaic
QUALITY = 90  # of JPEG
GRID = "grid"  # in an orthomosaic's row: where its pixels lie
