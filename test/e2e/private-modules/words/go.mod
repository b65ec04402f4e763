module git.example.com/team/words

go 1.26
