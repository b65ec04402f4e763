// Package java declares the one type of pulumi-java that the docker-build
// provider's schema metadata mentions: the module itself is on no module proxy.
package java

// PackageInfo has the fields that the provider sets.
type PackageInfo struct {
	BuildFiles                      string
	GradleNexusPublishPluginVersion string
	Dependencies                    map[string]string
}
