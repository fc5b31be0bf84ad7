"""What holds for all tests."""

from hypothesis import settings

# No test asserts time: a loaded machine takes longer over an example and is no worse for it.
settings.register_profile("suizheng", deadline=None)
settings.load_profile("suizheng")
