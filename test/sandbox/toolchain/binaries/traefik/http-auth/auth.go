// Package auth takes the place of Traefik's fork of go-http-auth, which no registry has. It lets nobody in.
package auth

import "net/http"

// SecretProvider returns a user's secret.
type SecretProvider func(user, realm string) string

// BasicAuth refuses every request.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// RequireAuth refuses a request.
func (*BasicAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// CheckSecret refuses every password.
func CheckSecret(string, string) bool { return false }

// DigestAuth refuses every request.
type DigestAuth struct{}

// NewDigestAuthenticator returns what refuses every request.
func NewDigestAuthenticator(string, SecretProvider) *DigestAuth { return &DigestAuth{} }

// DigestAuthParams reads nothing.
func DigestAuthParams(string) map[string]string { return nil }

// CheckAuth finds no user.
func (*DigestAuth) CheckAuth(*http.Request) (string, *string) { return "", nil }

// RequireAuth refuses a request.
func (*DigestAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// RequireAuthStale refuses a request.
func (*DigestAuth) RequireAuthStale(w http.ResponseWriter, _ *http.Request) { refuse(w) }

func refuse(w http.ResponseWriter) {
	http.Error(w, "built without authentication", http.StatusUnauthorized)
}
