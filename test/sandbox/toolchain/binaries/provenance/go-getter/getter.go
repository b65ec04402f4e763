// Package getter declares what syft uses of go-getter, and downloads nothing. The real one brings the clients of several clouds,
// a quarter of what syft compiles, and syft asks it only to scan something at a URL.
package getter

import (
	"errors"
	"io"
	"net/http"
)

// Getter is one way to download.
type Getter any

// The ways to download.
type (
	FileGetter struct{}
	GitGetter  struct{}
	GCSGetter  struct{}
	HgGetter   struct{}
	S3Getter   struct{}
	HttpGetter struct {
		Client *http.Client
		Header http.Header
	}
)

// Decompressor unpacks what was downloaded.
type Decompressor any

// Decompressors are those for each extension of a file's name.
var Decompressors map[string]Decompressor

// LimitedDecompressors would limit what they unpack.
func LimitedDecompressors(_ int, _ int64) map[string]Decompressor { return nil }

// ProgressTracker is told how a download goes on.
type ProgressTracker interface {
	TrackProgress(src string, currentSize, totalSize int64, stream io.ReadCloser) io.ReadCloser
}

// ClientOption changes a client.
type ClientOption func(*Client) error

// WithProgress would tell how the download goes on.
func WithProgress(ProgressTracker) func(*Client) error { return func(*Client) error { return nil } }

// WithDecompressors would choose the decompressors.
func WithDecompressors(map[string]Decompressor) ClientOption {
	return func(*Client) error { return nil }
}

// Client describes one download.
type Client struct {
	Src, Dst string
	Dir      bool
	Getters  map[string]Getter
	Options  []ClientOption
}

// Get fails: this syft scans what is in a registry.
func (c *Client) Get() error {
	return errors.New("this syft downloads no " + c.Src + ": it was built to scan images in a registry")
}
