// Package registration has the types of a registration that Traefik names.
package registration

// RegisterOptions are those of a registration.
type RegisterOptions struct{ TermsOfServiceAgreed bool }

// RegisterEABOptions are those of one that is bound to another account.
type RegisterEABOptions struct {
	TermsOfServiceAgreed bool
	Kid, HmacEncoded     string
}
