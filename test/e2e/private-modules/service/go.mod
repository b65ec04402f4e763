module service

go 1.26

require git.example.com/team/words v1.0.0
