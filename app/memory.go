package main

import (
	"os"
	"runtime/debug"
)

// memoryLimit is what Go's heap, stacks and own bookkeeping may take before the collector runs more often, in bytes. The
// container's limit is 64 MiB by default (infra/schema.ts), and a container that exceeds it is killed. The most that
// clients can make of it, as memory_test.go measures:
//
//	40 MiB  this limit. Of it up to 45 KiB are live for each of 512 connections, with an unfinished header of 20 KiB
//	 3 MiB  the binary's pages
//	16 MiB  the kernel's buffers: 512 connections × 2 directions × 16 KiB
//	 1 MiB  the kernel's sockets, 2 KiB for each connection
//	60 MiB  in all
//
// Without the limit the heap would grow to twice what is live. A limit isn't taken from the control group, for Go does
// not, and none is needed where more memory is allowed: the connections are limited by their number.
const memoryLimit = 40 << 20

// limitMemory sets memoryLimit, unless GOMEMLIMIT in the environment has set another.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
