// kubernetes-provider is Pulumi's own Kubernetes provider. The command in its
// module embeds two generated files that the module lacks: a schema, which
// only other commands than up, preview, refresh and destroy read, and a
// mapping of Terraform's names.
package main

import (
	"fmt"
	"runtime/debug"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

const module = "github.com/pulumi/pulumi-kubernetes/provider/v4"

func main() {
	version := moduleVersion()
	schema := fmt.Sprintf(`{"name":"kubernetes","version":%q}`, version)
	provider.Serve("kubernetes", version, []byte(schema), []byte("{}"))
}

// moduleVersion is the version in go.mod, so that the provider tells the
// engine what it really is.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	panic("the build names no version of " + module)
}
