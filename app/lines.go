package main

import "errors"

// maxHeaderLines bounds a request line with its header fields; 100 fields are Apache's default too (LimitRequestFields).
// maxHeaderBytes alone doesn't bound the memory that a header takes: net/http keeps some 200 bytes for each field, which
// takes 4 bytes to send.
const maxHeaderLines = 100

// errTooManyLines makes net/http answer 400 and close the connection.
var errTooManyLines = errors.New("more lines than a request's header may have")

// lines counts the lines of a connection that follow each other without an empty one between them. It knows nothing of
// where a body starts, and so can't be misled about it: a body of many lines counts as well. No route takes one.
type lines struct {
	count int
	// started says that the current line isn't empty.
	started bool
}

// add counts what the client sent next, and gives errTooManyLines once there are too many.
func (l *lines) add(sent []byte) error {
	for _, b := range sent {
		switch {
		case b == '\r':
		case b != '\n':
			l.started = true
		case !l.started:
			l.count = 0
		default:
			l.started = false
			l.count++
			if l.count > maxHeaderLines {
				return errTooManyLines
			}
		}
	}
	return nil
}
