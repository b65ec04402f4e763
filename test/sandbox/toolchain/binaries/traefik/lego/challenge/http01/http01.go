// Package http01 has what Traefik names of the HTTP challenge.
package http01

import "time"

// ChallengeOption changes how the challenge is solved.
type ChallengeOption func()

// PathPrefix is how the path of a challenge starts.
const PathPrefix = "/.well-known/acme-challenge/"

// SetDelay returns no option.
func SetDelay(time.Duration) ChallengeOption { return nil }
