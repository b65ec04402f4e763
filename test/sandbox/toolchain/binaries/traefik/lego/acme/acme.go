// Package acme has the types of ACME that Traefik names.
package acme

// Account is what an ACME server knows of its client.
type Account struct{}

// ExtendedAccount is an account with its address.
type ExtendedAccount struct {
	Account
	Location string
}
