"""How well Pult reads real mail: measured over the public test data that PULT_DATA names."""
