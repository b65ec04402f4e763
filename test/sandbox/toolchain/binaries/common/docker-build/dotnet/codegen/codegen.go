// Package codegen declares the one type of pulumi-dotnet that the docker-build
// provider's schema metadata mentions: the module itself is on no module proxy.
package codegen

// CSharpPackageInfo has the fields that the provider sets.
type CSharpPackageInfo struct {
	RespectSchemaVersion bool
	PackageReferences    map[string]string
}
