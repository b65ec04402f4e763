package main

import (
	"os"
	"runtime/debug"
)

// memoryLimit is what Go's heap, stacks and own bookkeeping take before the collector runs more often, in bytes. The
// container's limit is 64 MiB by default (infra/schema.ts), and a container that exceeds it is killed. The most that
// clients can make of it:
//
//	40 MiB  this limit; without it the heap could grow to twice what is live. Live are 4 MiB and, for each of 512
//	        connections, 10 KiB that never sent a byte, 21 KiB idle after a request, up to 36 KiB with a header of 20 KiB
//	 3 MiB  the binary's pages
//	16 MiB  the kernel's buffers: 512 connections × 2 directions × 16 KiB
//	 1 MiB  the kernel's sockets: 512 × 2 KiB
//
// It isn't read from the control group, for where more memory is allowed no more is needed: there are no more connections.
// memory_test.go measures it.
const memoryLimit = 40 << 20

// limitMemory sets memoryLimit, unless GOMEMLIMIT in the environment has set another.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
