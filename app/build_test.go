package main

import (
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	info := func(settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "abc123"}
	modified := func(value string) debug.BuildSetting { return debug.BuildSetting{Key: "vcs.modified", Value: value} }

	for name, test := range map[string]struct {
		override string
		info     *debug.BuildInfo
		want     build
	}{
		"a clean commit":                  {"", info(revision, modified("false")), build{"v1.2.3", "abc123", "go1.26.0"}},
		"uncommitted changes":             {"", info(modified("true"), revision), build{"v1.2.3", "abc123-dirty", "go1.26.0"}},
		"no version control":              {"", info(), build{"v1.2.3", "unknown", "go1.26.0"}},
		"the linker's version wins":       {"v9.9.9", info(revision), build{"v9.9.9", "abc123", "go1.26.0"}},
		"no build info":                   {"", nil, build{"unknown", "unknown", "unknown"}},
		"no build info, linker's version": {"v9.9.9", nil, build{"v9.9.9", "unknown", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := describeBuild(test.override, test.info); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
