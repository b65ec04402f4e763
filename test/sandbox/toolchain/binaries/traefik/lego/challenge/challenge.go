// Package challenge has the type of a challenge's solution.
package challenge

import "context"

// Provider solves a challenge.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
