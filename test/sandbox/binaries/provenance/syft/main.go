// Command syft is the command of that name without the database driver that it reads RPM's packages with. The driver is C
// that was translated to Go, and takes long to compile.
package main

import (
	"github.com/anchore/clio"
	"github.com/anchore/syft/cmd/syft/cli"
)

func main() {
	cli.Application(clio.Identification{Name: "syft"}).Run()
}
