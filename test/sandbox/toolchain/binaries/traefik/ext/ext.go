// Package ext is a module of its own in Traefik's repository, which no registry has. Traefik embeds its types, which are
// empty there too.
package ext

// HTTP extends the configuration of HTTP by nothing.
type HTTP struct{}

// Router extends the configuration of a router by nothing.
type Router struct{}
