// Package dns01 has what Traefik names of the DNS challenge.
package dns01

import (
	"strings"
	"time"
)

// Options are those of a client.
type Options struct{ RecursiveNameservers []string }

// Client asks name servers.
type Client struct{}

// ChallengeOption changes how the challenge is solved.
type ChallengeOption func()

// NewClient returns a client that does nothing.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions returns no option.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return nil }

// DisableAuthoritativeNssPropagationRequirement returns no option.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return nil }

// DisableRecursiveNSsPropagationRequirement returns no option.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return nil }

// PropagationWait returns no option.
func PropagationWait(time.Duration, bool) ChallengeOption { return nil }

// UnFqdn is a name without the dot at its end.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
