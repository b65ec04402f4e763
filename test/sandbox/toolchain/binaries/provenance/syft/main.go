// Command syft is the command of that name, but it can't read databases of RPM's packages, which no image here has. The driver for
// them is C that was translated to Go, and takes long to compile.
package main

import (
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/anchore/clio"
	"github.com/anchore/syft/cmd/syft/cli"
)

// noDriver takes the place of the driver, without which syft doesn't start.
type noDriver struct{}

func (noDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("this syft was built without a driver for databases")
}

func main() {
	sql.Register("sqlite", noDriver{})
	cli.Application(clio.Identification{Name: "syft"}).Run()
}
