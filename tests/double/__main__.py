"""Runs the double by itself: ``python -m tests.double --print-address``."""

from __future__ import annotations

import threading

import click

from tests.double.scenarios import SCENARIOS
from tests.double.server import SWITCHES, Double


@click.command()
@click.option("--port", default=0, show_default="any free one", help="Port on loopback.")
@click.option("--print-address", is_flag=True, help="Print the settings that send a refresh here.")
@click.option("--scenario", type=click.Choice(sorted(SCENARIOS)), default="imam_zero", show_default=True)
@click.option(
    "--fault", "faults", multiple=True, metavar="SOURCE=KIND", help=f"One of {', '.join(SWITCHES)}."
)
def main(port: int, print_address: bool, scenario: str, faults: tuple[str, ...]) -> None:
    """Replay a scenario on loopback until stopped."""
    with Double(SCENARIOS[scenario](), port) as double:
        for fault in faults:
            source, _, kind = fault.partition("=")
            double.switch(source, kind)
        if print_address:
            for name, value in double.environ().items():
                click.echo(f"{name}={value}")
        click.echo(double.address)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


if __name__ == "__main__":
    main()
