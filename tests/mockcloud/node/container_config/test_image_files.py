"""What an image has beside its server."""

from mockcloud.images.catalogue import Program
from mockcloud.images.servers import SERVERS, Server
from mockcloud.node.container_config.image_files import image_files, with_line

PASSWD = "root:x:0:0:root:/root:/bin/bash\ndb:x:101:101::/:/bin/sh\nother:x:999:999::/:/bin/sh\n"


def test_its_user_is_the_only_one_of_that_name_and_number():
    """Whatever the machine calls them: programs ask by either."""
    found = with_line(PASSWD, "db:x:999:999::/var/db:/bin/sh", "db", 999)
    assert found == "root:x:0:0:root:/root:/bin/bash\ndb:x:999:999::/var/db:/bin/sh\n"


def test_nginx_has_its_pages_configuration_and_logs():
    """Folders come before what is in them; its user is in passwd(5) and group(5)."""
    laid = {one.path: one for one in image_files(SERVERS[Program.NGINX], 0)}
    paths = list(laid)
    assert b"Welcome to nginx!" in (laid["/usr/share/nginx/html/index.html"].content or b"")
    assert laid["/var/log/nginx/access.log"].link == "/dev/stdout"
    assert laid["/var/log/nginx"].is_folder
    assert paths.index("/var/log/nginx") < paths.index("/var/log/nginx/access.log")
    assert b"\nnginx:x:101:101:nginx:" in (laid["/etc/passwd"].content or b"")
    assert b"\nnginx:x:101:\n" in (laid["/etc/group"].content or b"")


def test_a_container_that_runs_as_somebody_else_has_a_name_for_them():
    """PostgreSQL's initdb refuses a user without one."""
    laid = {one.path: one.content for one in image_files(SERVERS[Program.POSTGRES], 1001)}
    assert b"\npostgres:x:1001:1001:postgres:/var/lib/postgresql:" in (laid["/etc/passwd"] or b"")


def test_a_binary_of_the_users_own_brings_nothing():
    """It is all that is known of it."""
    assert image_files(Server(("x",)), 0) == ()
