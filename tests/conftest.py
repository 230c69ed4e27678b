"""Settings of all tests."""

from hypothesis import settings

# a busy machine is no fault of the code, and the same commit must give the same verdict twice
settings.register_profile("crackpipe", deadline=None, derandomize=True)
settings.load_profile("crackpipe")
