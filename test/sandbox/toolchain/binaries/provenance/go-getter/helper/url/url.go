// Package url parses URLs as net/url does.
package url

import "net/url"

// Parse parses a URL.
func Parse(rawURL string) (*url.URL, error) { return url.Parse(rawURL) }
