// Package v2 declares how the Kubernetes provider's own components register
// an object. The sandbox's program has no such component.
package v2

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RegisterResource refuses: a provider without its SDK has no components.
func RegisterResource(
	_ *pulumi.Context, _, _, _ string, _ pulumi.Input, _ ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	return nil, errors.New("the sandbox's Kubernetes provider has no components: yaml, kustomize and helm/v4 need the released plugin")
}
