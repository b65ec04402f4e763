package main

import "net/http"

// closeAfterBody makes the answer to a request with a body its connection's last. No route reads a body, so the answer
// needn't wait until it has come, and nothing behind it is taken for a request: a proxy that disagrees about where a body
// ends can't be led into smuggling one (RFC 9112, 11.2; it wants this for a request with both Content-Length and
// Transfer-Encoding, 6.1). After the answer net/http still reads up to 256 KiB, or until readTimeout, so that the client
// can read it before the connection is reset.
func closeAfterBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
