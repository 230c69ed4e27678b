import platform

from crackpipe.compute import hardware


def test_this_machine_is_described_without_its_name():
    found = hardware.describe()
    assert found.cores >= 1
    assert found.memory_gib >= 1
    assert found.processor
    assert found.python == platform.python_version()
    assert platform.node() not in (found.processor, found.torch)
