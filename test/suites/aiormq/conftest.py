"""Fixtures that the source package leaves out."""

import pytest
from yarl import URL

from tests.docker_client import ContainerInfo


@pytest.fixture(scope="session")
def rabbitmq_container():
    return ContainerInfo()


@pytest.fixture(scope="session")
def amqp_direct_url(rabbitmq_container):
    port = rabbitmq_container.ports["5672/tcp"]
    return URL.build(scheme="amqp", user="guest", password="guest", path="//", host=rabbitmq_container.host, port=port)
