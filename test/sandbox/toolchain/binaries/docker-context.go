// docker-context DIRECTORY says what docker sends of a directory, with BuildKit's own code. It reads a JSON list of ignore
// files' texts and writes a JSON list of answers: the paths, with a / behind a directory, or null for an ignore file that
// docker refuses.
package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"log"
	"os"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

func sent(directory, ignoreFile string) ([]string, error) {
	patterns, err := ignorefile.ReadAll(strings.NewReader(ignoreFile))
	if err != nil {
		return nil, err
	}
	paths := []string{}
	err = fsutil.WalkDir(context.Background(), directory, &fsutil.FilterOpt{ExcludePatterns: patterns},
		func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				path += "/"
			}
			paths = append(paths, path)
			return nil
		})
	return paths, err
}

func main() {
	var ignoreFiles []string
	if err := json.NewDecoder(os.Stdin).Decode(&ignoreFiles); err != nil {
		log.Fatal(err)
	}
	answers := make([][]string, len(ignoreFiles))
	for i, ignoreFile := range ignoreFiles {
		if paths, err := sent(os.Args[1], ignoreFile); err == nil {
			answers[i] = paths
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
