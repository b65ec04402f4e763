// Package lego is an ACME client that can't be made.
package lego

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

var errLeftOut = errors.New("built without ACME")

// DirectoryURLLetsEncrypt is where Traefik's default server would be.
const DirectoryURLLetsEncrypt = ""

// Config is what a client is made from.
type Config struct {
	CADirURL, UserAgent string
	HTTPClient          *http.Client
	Certificate         struct{ Timeout time.Duration }
}

// Client has an ACME client's parts.
type Client struct {
	Certificate  certificates
	Challenge    challenges
	Registration registrations
}

// NewConfig returns an empty configuration.
func NewConfig(any) *Config { return &Config{} }

// NewClient fails: there is no ACME.
func NewClient(*Config) (*Client, error) { return nil, errLeftOut }

// CreateCertPool fails: there is no ACME.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, errLeftOut }

type certificates struct{}

func (certificates) Obtain(context.Context, certificate.ObtainRequest) (*certificate.Resource, error) {
	return nil, errLeftOut
}

func (certificates) Renew(context.Context, certificate.Resource, *certificate.RenewOptions) (*certificate.Resource, error) {
	return nil, errLeftOut
}

type challenges struct{}

func (challenges) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return errLeftOut
}

func (challenges) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return errLeftOut
}

func (challenges) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return errLeftOut
}

type registrations struct{}

func (registrations) Register(context.Context, registration.RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, errLeftOut
}

func (registrations) RegisterWithExternalAccountBinding(context.Context, registration.RegisterEABOptions) (*acme.ExtendedAccount, error) {
	return nil, errLeftOut
}
