// Command agent asks the SSH agent of a build for its keys. It fails if there is no agent, or one that doesn't answer.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

// The agent protocol's request for the keys and the type of its answer (draft-ietf-sshm-ssh-agent, section 6.1).
const requestIdentities, identitiesAnswer = 11, 12

func main() {
	conn, err := net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Write([]byte{0, 0, 0, 1, requestIdentities}); err != nil {
		log.Fatal(err)
	}
	// Its length, its type, the number of keys.
	answer := make([]byte, 9)
	if _, err := io.ReadFull(conn, answer); err != nil {
		log.Fatal(err)
	}
	if answer[4] != identitiesAnswer {
		log.Fatalf("the agent answered with type %d", answer[4])
	}
	fmt.Println(binary.BigEndian.Uint32(answer[5:]), "keys")
}
