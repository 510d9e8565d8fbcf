"""The command line as tests call it."""

import pytest


@pytest.fixture
def call(capfd):
    """Run a command line in this process: exit code, what it printed, what it told."""
    from counterpulse import cli

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main([str(argument) for argument in arguments])
        out, told = capfd.readouterr()
        assert "Traceback" not in out + told
        return left.value.code, out, told

    return run
