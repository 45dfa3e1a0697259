"""The worst of all other attacks in one, for lockers of which each run takes long."""
import kernel
import network
import reads
import writes


def look_around():
    for attack in (
        reads.environment, reads.environ_of_processes, reads.cmdline_of_processes, reads.roots_of_processes, reads.descriptors,
        reads.home_of_user, reads.planted_files, reads.other_jobs, reads.original_checkout, reads.operators_files,
        reads.container_socket, reads.abstract_socket, reads.mounts, kernel.capabilities, kernel.mount, kernel.odd_sockets,
        network.loopback_of_host, network.loopback_by_door, network.unlisted_host, writes.outside_absolute,
        writes.outside_by_link, writes.interpreter, writes.tools, writes.traps_in_home, writes.leaves_daemon,
    ):
        attack()
