"""Creating and updating a CloudFormation stack, and saying why it rolled back."""
