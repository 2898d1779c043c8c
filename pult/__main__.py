from pult.cli import main

main()
