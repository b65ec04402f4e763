// Package v4 declares the options of a Helm chart that the Kubernetes
// provider's own components take. The sandbox's program has no chart.
package v4

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// RepositoryOpts says where a chart is and how to get it.
type RepositoryOpts struct {
	CaFile   pulumi.AssetOrArchive `pulumi:"caFile"`
	CertFile pulumi.AssetOrArchive `pulumi:"certFile"`
	KeyFile  pulumi.AssetOrArchive `pulumi:"keyFile"`
	Password *string               `pulumi:"password"`
	Repo     *string               `pulumi:"repo"`
	Username *string               `pulumi:"username"`
}

// RepositoryOptsInput is one that may not be known yet.
type RepositoryOptsInput interface{ pulumi.Input }

// PostRenderer is a command that edits a chart's manifests.
type PostRenderer struct {
	Args    []string `pulumi:"args"`
	Command string   `pulumi:"command"`
}

// PostRendererInput is one that may not be known yet.
type PostRendererInput interface{ pulumi.Input }
