// Package kubernetes declares what the Kubernetes provider uses of its own Go
// SDK: the SDK itself takes longer to compile than everything else together.
package kubernetes

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UntypedArgs is an object of any kind.
type UntypedArgs map[string]any

// ElementType says what the SDK reads the object's fields from.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeOf((*map[string]any)(nil)).Elem() }

var _ pulumi.Input = UntypedArgs{}
