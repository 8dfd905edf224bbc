"""Workers that are killed, messages that are lost or doubled: nothing is lost and nothing is done twice."""
